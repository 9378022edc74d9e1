package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.OutputStream
import java.nio.file.Files
import java.nio.file.Path
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import org.junit.jupiter.api.io.TempDir

@ExtendWith(LocalWarehouseExtension::class)
class VolumeCoroutineTest(private val warehouse: LocalWarehouse, private val session: Session) {
    @TempDir
    lateinit var folder: Path

    private val volume = session.volume()

    @BeforeEach
    fun create() = session.execute("CREATE VOLUME main.default.kotlin_files").close()

    @AfterEach
    fun drop() {
        warehouse.planFaults("[]")
        session.execute("DROP VOLUME main.default.kotlin_files").close()
    }

    @Test
    fun everyCall_isThereAsASuspendFunction() = runBlocking {
        val source = Files.write(folder.resolve("source"), LARGE)
        val length = LARGE.size.toLong()
        val puts = listOf<suspend (TransferProgress) -> Long>(
            { volume.putAsync(source, PATH, overwrite = true, it) },
            { volume.putAsync(LARGE, PATH, overwrite = true, it) },
            { volume.putAsync(Trickle(LARGE), PATH, overwrite = true, it) },
            { volume.putAsync(Trickle(LARGE), length, PATH, overwrite = true, it) },
        )
        val target = folder.resolve("target")
        val stream = ByteArrayOutputStream()
        val gets = listOf<suspend (TransferProgress) -> Long>(
            { volume.getAsync(PATH, target, overwrite = true, it) },
            { volume.getAsync(PATH, stream, it) },
        )
        for (transfer in puts + gets) {
            var last: Pair<Long, Long?>? = null
            assertEquals(length, transfer { transferred, total -> last = transferred to total })
            assertEquals(length to length, last)
        }
        assertArrayEquals(LARGE, Files.readAllBytes(target))
        assertArrayEquals(LARGE, stream.toByteArray())
        assertEquals(length, volume.listAsync("$VOLUME/folder").single().sizeBytes)
        volume.removeAsync(PATH)
        assertEquals(0, volume.listAsync("$VOLUME/folder").size)
    }

    @Test
    fun operations_too() = runBlocking {
        val source = Files.writeString(folder.resolve("source"), "text")
        val target = folder.resolve("target")
        val put = session.executeAsync("PUT 'a' INTO '$PATH'").use { it.volumeOperation!! }
        assertEquals(4, put.putAsync(source))
        assertEquals(4, put.putAsync("more".toByteArray()))
        assertEquals(4, put.putAsync(ByteArrayInputStream("even".toByteArray())))
        assertEquals(4, put.putAsync(ByteArrayInputStream("last".toByteArray()), 4))
        val get = session.executeAsync("GET '$PATH' TO 'a'").use { it.volumeOperation!! }
        assertEquals(4, get.getAsync(target))
        assertEquals(4, get.getAsync(OutputStream.nullOutputStream()))
        assertEquals("last", Files.readString(target))
        session.executeAsync("REMOVE '$PATH'").use { it.volumeOperation!!.removeAsync() }
        assertEquals(0, volume.listAsync("$VOLUME/folder").size)
    }

    @Test
    fun cancelledCoroutine_breaksTheTransferOff() = runBlocking {
        volume.put(LARGE, PATH)
        warehouse.planFaults("""[{"on": "download", "times": 2, "do": {"stall": {"at": 1000000}}}, {"on": "upload", "times": 2, "do": "hang"}]""")
        val source = Files.write(folder.resolve("source"), LARGE)
        for ((kind, transfer) in listOf<Pair<String, suspend () -> Unit>>(
            "download" to { volume.getAsync(PATH, folder.resolve("target")) },
            "download" to { volume.getAsync(PATH, OutputStream.nullOutputStream()) },
            "upload" to { volume.putAsync(source, PATH, overwrite = true) },
            "upload" to { volume.putAsync(Trickle(LARGE), PATH, overwrite = true) },
        )) {
            val before = warehouse.served(kind)
            val job = async(Dispatchers.IO) { failure<CancellationException> { transfer() } }
            warehouse.untilServed(kind, before + 1)
            job.cancelAndJoin()
        }
        until("no part of the file is left") { Files.list(folder).use { it.count() } == 1L }
        assertEquals(LARGE.size.toLong(), volume.listAsync("$VOLUME/folder").single().sizeBytes)
    }

    @Test
    fun whatProgressThrows_comesOutAsItIs() = runBlocking {
        warehouse.planFaults("""[{"on": "upload", "times": 2, "do": "hang"}]""")
        val source = Files.write(folder.resolve("source"), LARGE)
        val stop = TransferProgress { _, _ -> throw IllegalStateException("enough") }
        assertEquals("enough", failure<IllegalStateException> { volume.putAsync(source, PATH, progress = stop) }.message)
        assertEquals("enough", failure<IllegalStateException> { volume.putAsync(Trickle(LARGE), PATH, progress = stop) }.message)
        assertEquals(0, volume.listAsync(VOLUME).sumOf { volume.listAsync(it.path).size })
    }
}
