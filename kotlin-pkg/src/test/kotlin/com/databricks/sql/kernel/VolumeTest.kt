package com.databricks.sql.kernel

import com.databricks.sql.kernel.testing.LocalWarehouse
import com.databricks.sql.kernel.testing.LocalWarehouseExtension
import java.io.ByteArrayInputStream
import java.io.ByteArrayOutputStream
import java.io.IOException
import java.io.InputStream
import java.io.OutputStream
import java.nio.file.FileSystems
import java.nio.file.Files
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertArrayEquals
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Test
import org.junit.jupiter.api.extension.ExtendWith
import org.junit.jupiter.api.io.TempDir

@ExtendWith(LocalWarehouseExtension::class)
class VolumeTest(private val warehouse: LocalWarehouse, private val session: Session) {
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
    fun file_comesBackAsItWent() {
        for (content in CONTENTS) {
            val source = Files.write(folder.resolve("sourcé"), content)
            assertEquals(content.size.toLong(), volume.put(source, PATH))
            val target = folder.resolve("target")
            assertEquals(content.size.toLong(), volume.get(PATH, target, overwrite = true))
            assertArrayEquals(content, Files.readAllBytes(target))
            val inner = volume.list(VOLUME).single()
            assertEquals(listOf("folder", true, null), listOf(inner.name, inner.isFolder, inner.sizeBytes))
            val file = volume.list(inner.path).single()
            assertEquals(listOf(PATH, "a b.bin", false, content.size.toLong()), listOf(file.path, file.name, file.isFolder, file.sizeBytes))
            assertTrue(Duration.between(file.modifiedAt, Instant.now()).abs() < Duration.ofMinutes(1))
            volume.remove(PATH)
            assertEquals(0, volume.list(inner.path).size)
        }
    }

    @Test
    fun bytesAndStreams_comeBackAsTheyWent() {
        for (content in CONTENTS) {
            val length = content.size.toLong()
            val puts = listOf(
                { volume.put(content, PATH, overwrite = true) },
                { volume.put(Trickle(content), PATH, overwrite = true) },
                { volume.put(Trickle(content), length, PATH, overwrite = true) },
            )
            for (put in puts) {
                assertEquals(length, put())
                val target = ByteArrayOutputStream()
                assertEquals(length, volume.get(PATH, target))
                assertArrayEquals(content, target.toByteArray())
            }
        }
    }

    @Test
    fun streamOfAnotherLengthThanAnnounced_leavesNothing() {
        for (content in CONTENTS) {
            failure<KernelException.InvalidState> { volume.put(Trickle(content), content.size + 1L, PATH) }
            if (content.isNotEmpty()) failure<KernelException.InvalidArgument> { volume.put(Trickle(content), content.size - 1L, PATH) }
        }
        failure<KernelException.InvalidArgument> { volume.put(Trickle(LARGE), -1, PATH) }
        assertEquals(0, volume.list(VOLUME).sumOf { volume.list(it.path).size })
    }

    @Test
    fun progress_endsWithTheWhole() {
        val source = Files.write(folder.resolve("source"), LARGE)
        val seen = ArrayList<Pair<Long, Long?>>()
        val note = TransferProgress { transferred, total -> seen.add(transferred to total) }
        val transfers = listOf(
            { volume.put(source, PATH, overwrite = true, note) },
            { volume.put(LARGE, PATH, overwrite = true, note) },
            { volume.put(Trickle(LARGE), PATH, overwrite = true, note) },
            { volume.get(PATH, folder.resolve("target"), overwrite = true, note) },
            { volume.get(PATH, OutputStream.nullOutputStream(), note) },
        )
        for (transfer in transfers) {
            seen.clear()
            transfer()
            assertEquals(LARGE.size.toLong() to LARGE.size.toLong(), seen.last())
            assertEquals(seen.sortedBy { it.first }, seen)
        }
    }

    @Test
    fun existingFiles_areReplacedOnlyWhenThatIsAskedFor() {
        val target = Files.writeString(folder.resolve("target"), "here")
        volume.put("old".toByteArray(), PATH)
        failure<KernelException.InvalidState> { volume.put("new".toByteArray(), PATH) }
        failure<KernelException.InvalidState> { volume.get(PATH, target) }
        assertEquals("here", Files.readString(target))
        volume.put("new".toByteArray(), PATH, overwrite = true)
        volume.get(PATH, target, overwrite = true)
        assertEquals("new", Files.readString(target))
    }

    @Test
    fun errors_areTyped_andNameTheInput() {
        val unread = object : InputStream() {
            override fun read(): Int = throw AssertionError("the stream was read")
        }
        val jar = Path.of(Test::class.java.protectionDomain.codeSource.location.toURI())
        val cases = listOf<Triple<() -> Unit, String, String>>(
            Triple({ volume.get("$VOLUME/none", ByteArrayOutputStream()) }, "NotFound", "NoSuchKey"),
            Triple({ volume.remove("$VOLUME/none") }, "NotFound", "NoSuchKey"),
            Triple({ volume.list("$VOLUME/none") }, "NotFound", "does not exist"),
            Triple({ volume.put(ByteArray(0), "/Volumes/main/default/none/a") }, "NotFound", "does not exist"),
            Triple({ volume.put(unread, "/elsewhere/a") }, "InvalidArgument", "does not begin with /Volumes/"),
            Triple({ volume.put(Path.of("/no/such/file"), PATH) }, "InvalidArgument", "/no/such/file could not be read"),
            Triple({ volume.put(folder, PATH) }, "InvalidArgument", "is a folder"),
            Triple({ volume.get(PATH, folder) }, "InvalidArgument", "is a folder"),
            Triple({ FileSystems.newFileSystem(jar).use { volume.put(it.getPath("META-INF"), PATH) } }, "InvalidArgument", "pass a stream"),
        )
        for ((case, code, words) in cases) {
            val error = failure<KernelException> { case() }
            assertEquals(code, error.code)
            assertTrue(words in error.message!!, error.message)
        }
        assertEquals(0L, Files.list(folder).use { it.count() })
    }

    @Test
    fun whatStreamsAndProgressThrow_comesOutAsItIs_andBreaksTheTransferOff() {
        val source = object : InputStream() {
            private val content = ByteArrayInputStream(LARGE, 0, 3 shl 20)
            override fun read(): Int = content.read().also { if (it < 0) throw IOException("the disk is gone") }
        }
        assertEquals("the disk is gone", failure<IOException> { volume.put(source, LARGE.size.toLong(), PATH) }.message)
        // Of the classes that native calls translate.
        val stop = TransferProgress { _, _ -> throw IllegalStateException("enough") }
        assertEquals("enough", failure<IllegalStateException> { volume.put(LARGE, PATH, progress = stop) }.message)
        assertEquals(0, volume.list(VOLUME).sumOf { volume.list(it.path).size })
        volume.put(LARGE, PATH)
        val full = object : OutputStream() {
            override fun write(byte: Int): Unit = throw IOException("the disk is full")
        }
        assertEquals("the disk is full", failure<IOException> { volume.get(PATH, full) }.message)
        warehouse.planFaults("""[{"on": "download", "do": {"stall": {"at": 1000000}}}]""")
        assertEquals("enough", failure<IllegalStateException> { volume.get(PATH, folder.resolve("target"), progress = stop) }.message)
        until("no part of the file is left") { Files.list(folder).use { it.count() } == 0L }
    }

    @Test
    fun interrupt_breaksTheTransferOff() {
        volume.put(LARGE, PATH)
        warehouse.planFaults("""[{"on": "download", "times": 2, "do": {"stall": {"at": 1000000}}}, {"on": "upload", "do": "hang"}]""")
        val target = folder.resolve("target")
        for ((kind, transfer) in listOf<Pair<String, () -> Unit>>(
            "download" to { volume.get(PATH, target) },
            "download" to { volume.get(PATH, OutputStream.nullOutputStream()) },
            "upload" to { volume.put(LARGE, PATH, overwrite = true) },
        )) {
            val before = warehouse.served(kind)
            lateinit var error: KernelException
            val thread = Thread { error = failure<KernelException.Cancelled> { transfer() } }.apply { start() }
            warehouse.untilServed(kind, before + 1)
            thread.interrupt()
            thread.join()
            assertEquals("the thread was interrupted", error.message)
        }
        until("no part of the file is left") { Files.list(folder).use { it.count() } == 0L }
    }

    @Test
    fun brokenDownload_goesOn_andIsWhole() {
        volume.put(LARGE, PATH)
        warehouse.planFaults("""[{"on": "download", "do": {"truncate": {"at": 5000000}}}]""")
        val target = ByteArrayOutputStream()
        volume.get(PATH, target)
        assertArrayEquals(LARGE, target.toByteArray())
        assertEquals(2, warehouse.served("download"))
    }

    @Test
    fun statement_saysWhatItWantsTransferred_andItsOperationDoesIt() {
        val proposal = folder.resolve("proposal")
        session.execute("PUT '$proposal' INTO '$PATH'").use { put ->
            val operation = put.volumeOperation!!
            assertEquals(VolumeOperationKind.PUT to proposal.toString(), operation.kind to operation.localPath)
            assertEquals(0, put.toList().size)
            assertEquals("the statement is a Put, not a Get", failure<KernelException.InvalidState> { operation.get(proposal) }.message)
            assertEquals(4, operation.put("text".toByteArray()))
        }
        val get = session.execute("GET '$PATH' TO '$proposal'").use { it.volumeOperation!! }
        failure<KernelException.InvalidState> { get.put(Trickle(LARGE)) }
        assertEquals(4, get.get(proposal))
        failure<KernelException.InvalidState> { get.get(proposal) }
        assertEquals("text", Files.readString(proposal))
        assertEquals(4, get.get(ByteArrayOutputStream()))
        val again = session.execute("PUT '$proposal' INTO '$PATH' OVERWRITE").use { it.volumeOperation!! }
        assertEquals(4, again.put(proposal))
        assertEquals(LARGE.size.toLong(), again.put(Trickle(LARGE)))
        assertEquals(4, again.put(Trickle("more".toByteArray()), 4))
        val remove = session.execute("REMOVE '$PATH'").use { it.volumeOperation!! }
        assertEquals(VolumeOperationKind.REMOVE to null, remove.kind to remove.localPath)
        remove.remove()
        assertEquals(0, volume.list("$VOLUME/folder").size)
        session.execute("SELECT 1").use { assertEquals(null, it.volumeOperation) }
    }

    @Test
    fun closedSession_refuses() {
        val other = warehouse.connect()
        other.close()
        failure<KernelException.InvalidStatementHandle> { other.volume() }
    }
}
