package com.databricks.sql.kernel

import java.io.InputStream
import java.io.OutputStream
import java.nio.file.Path
import com.databricks.sql.kernel.internal.VolumeOperation as NativeOperation

/**
 * What a statement `PUT`, `GET` or `REMOVE` wants transferred. The server has done nothing yet: [put], [get] or [remove] does it, as that of [Volume] does.
 * The link that the server gave is good for about 15 minutes.
 *
 * Which local files may be touched is for the caller to decide: the path in the SQL is only a proposal. Every call throws as those of [Volume] do, and
 * [KernelException.InvalidState] when the statement is of another kind.
 */
public class VolumeOperation internal constructor(private val native: NativeOperation) {
    /** What is to be done. */
    public val kind: VolumeOperationKind = VolumeOperationKind.valueOf(call { native.kind() }.name)

    /** The local path in the SQL text; null for `REMOVE`, and where the server names none. */
    public val localPath: String? = call { native.localPath() }

    /** Uploads a local file and answers its length in bytes. Whether a file is replaced is said by the SQL. */
    @JvmOverloads
    public fun put(source: Path, progress: TransferProgress? = null): Long = upload.send(source, progress)

    /** Uploads these bytes. */
    @JvmOverloads
    public fun put(content: ByteArray, progress: TransferProgress? = null): Long = upload.send(content, progress)

    /** Uploads what a stream gives until its end. */
    @JvmOverloads
    public fun put(source: InputStream, progress: TransferProgress? = null): Long = upload.send(source, progress)

    /** Uploads what a stream gives until its end, [length] bytes. */
    @JvmOverloads
    public fun put(source: InputStream, length: Long, progress: TransferProgress? = null): Long = upload.send(source, length, progress)

    /** [put] for coroutines. */
    @JvmSynthetic
    public suspend fun putAsync(source: Path, progress: TransferProgress? = null): Long = upload.sendAsync(source, progress)

    /** [put] for coroutines. */
    @JvmSynthetic
    public suspend fun putAsync(content: ByteArray, progress: TransferProgress? = null): Long = interruptible { put(content, progress) }

    /** [put] for coroutines. */
    @JvmSynthetic
    public suspend fun putAsync(source: InputStream, progress: TransferProgress? = null): Long = interruptible { put(source, progress) }

    /** [put] for coroutines. */
    @JvmSynthetic
    public suspend fun putAsync(source: InputStream, length: Long, progress: TransferProgress? = null): Long =
        interruptible { put(source, length, progress) }

    /** Downloads into a local file and answers its length in bytes. */
    @JvmOverloads
    public fun get(target: Path, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        run(call { native.getFile(local(target), overwrite) }, progress)

    /** Downloads into a stream and answers how many bytes there were. */
    @JvmOverloads
    public fun get(target: OutputStream, progress: TransferProgress? = null): Long = receive(call { native.get() }, target, progress)

    /** [get] for coroutines. */
    @JvmSynthetic
    public suspend fun getAsync(target: Path, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        runAsync(call { native.getFile(local(target), overwrite) }, progress)

    /** [get] for coroutines. */
    @JvmSynthetic
    public suspend fun getAsync(target: OutputStream, progress: TransferProgress? = null): Long = interruptible { get(target, progress) }

    /** Removes the file. */
    public fun remove() {
        run(call { native.remove() }, null)
    }

    /** [remove] for coroutines. */
    @JvmSynthetic
    public suspend fun removeAsync() {
        runAsync(call { native.remove() }, null)
    }

    private val upload get() = Upload(native::putFile, native::put)

    override fun toString(): String = "VolumeOperation($kind)"
}

/** What a statement about a file wants done. */
public enum class VolumeOperationKind {
    /** `PUT 'LOCAL' INTO '/Volumes/…'`: upload a local file, bytes or a stream. */
    PUT,

    /** `GET '/Volumes/…' TO 'LOCAL'`: download into a local file or a stream. */
    GET,

    /** `REMOVE '/Volumes/…'`: remove the file. */
    REMOVE,
}
