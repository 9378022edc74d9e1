package com.databricks.sql.kernel

import java.io.InputStream
import java.io.OutputStream
import java.nio.file.Path
import java.time.Instant
import com.databricks.sql.kernel.internal.Volume as NativeVolume
import com.databricks.sql.kernel.internal.VolumeFile as NativeFile

/**
 * The files of volumes, by their paths `/Volumes/CATALOG/SCHEMA/VOLUME/…`; for any number of threads and coroutines at once.
 *
 * Bytes go between this machine and the cloud's store, over links that the server makes, in bounded memory. [Thread.interrupt] and cancelling the
 * coroutine break a transfer off. Streams are read and written in the calling thread, by the functions with `Async` in one of `Dispatchers.IO`; they
 * are never closed, and what they throw breaks the transfer off and comes out as it is.
 *
 * Every call throws [KernelException]s: `InvalidArgument` (a path is not usable, a local file cannot be read or written), `InvalidState` (something is
 * there already and `overwrite` was not given, or a local file changed meanwhile), `NotFound`, `PermissionDenied`, `DataLoss`, `ResourceExhausted` (the
 * disk is full), `NetworkError`, `Timeout`, `Cancelled`.
 */
public class Volume internal constructor(private val native: NativeVolume) {
    /**
     * Uploads a local file and answers its length in bytes. Without [overwrite] a [path] where something is is refused, before anything is uploaded.
     *
     * An upload is sent again only when it certainly was not carried out; where that is not known, the error says so. One that is broken off leaves
     * the volume as it was.
     */
    @JvmOverloads
    public fun put(source: Path, path: String, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        upload(path, overwrite).send(source, progress)

    /** Uploads these bytes, as the first [put] does. */
    @JvmOverloads
    public fun put(content: ByteArray, path: String, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        upload(path, overwrite).send(content, progress)

    /** Uploads what a stream gives until its end, as the first [put] does. Stores want to know the length first: beyond 8 MiB it is copied to a temporary file. */
    @JvmOverloads
    public fun put(source: InputStream, path: String, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        upload(path, overwrite).send(source, progress)

    /**
     * Uploads what a stream gives until its end, [length] bytes, with no copy of it; beyond 8 MiB it is sent once. Throws [KernelException.InvalidState]
     * when they are fewer and [KernelException.InvalidArgument] when they are more, and the volume is as it was.
     */
    @JvmOverloads
    public fun put(source: InputStream, length: Long, path: String, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        upload(path, overwrite).send(source, length, progress)

    /** [put] for coroutines. */
    @JvmSynthetic
    public suspend fun putAsync(source: Path, path: String, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        upload(path, overwrite).sendAsync(source, progress)

    /** [put] for coroutines. */
    @JvmSynthetic
    public suspend fun putAsync(content: ByteArray, path: String, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        interruptible { put(content, path, overwrite, progress) }

    /** [put] for coroutines. */
    @JvmSynthetic
    public suspend fun putAsync(source: InputStream, path: String, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        interruptible { put(source, path, overwrite, progress) }

    /** [put] for coroutines. */
    @JvmSynthetic
    public suspend fun putAsync(source: InputStream, length: Long, path: String, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        interruptible { put(source, length, path, overwrite, progress) }

    /**
     * Downloads into a local file and answers its length in bytes. The file appears when it is whole: no failure leaves a part of it. Without
     * [overwrite] a local file that exists is refused. A download that breaks off goes on where it was.
     */
    @JvmOverloads
    public fun get(path: String, target: Path, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        run(call { native.getFile(path, local(target), overwrite) }, progress)

    /** Downloads into a stream, which is written as bytes arrive, and answers their number. */
    @JvmOverloads
    public fun get(path: String, target: OutputStream, progress: TransferProgress? = null): Long = receive(call { native.get(path) }, target, progress)

    /** [get] for coroutines. */
    @JvmSynthetic
    public suspend fun getAsync(path: String, target: Path, overwrite: Boolean = false, progress: TransferProgress? = null): Long =
        runAsync(call { native.getFile(path, local(target), overwrite) }, progress)

    /** [get] for coroutines. */
    @JvmSynthetic
    public suspend fun getAsync(path: String, target: OutputStream, progress: TransferProgress? = null): Long =
        interruptible { get(path, target, progress) }

    /** Removes a file. */
    public fun remove(path: String) {
        run(call { native.remove(path) }, null)
    }

    /** [remove] for coroutines. */
    @JvmSynthetic
    public suspend fun removeAsync(path: String) {
        runAsync(call { native.remove(path) }, null)
    }

    /** The files and folders directly in a folder, the volume itself included, in the server's order. */
    public fun list(path: String): List<VolumeFile> = waiting({ listAsync(path) }) {
        call { native.list(path) }.use { listing -> await(listing::interrupt) { listing.fetchWithin(it) } }.map(::VolumeFile)
    }

    /** [list] for coroutines. */
    @JvmSynthetic
    public suspend fun listAsync(path: String): List<VolumeFile> =
        call { native.list(path) }.use { listing -> call { listing.fetchAsync() } }.map(::VolumeFile)

    private fun upload(path: String, overwrite: Boolean) =
        Upload({ native.putFile(it, path, overwrite) }, { native.put(path, it, overwrite) })
}

/** A file or a folder of a volume. */
public class VolumeFile internal constructor(native: NativeFile) {
    /** The whole path, `/Volumes/…`. */
    public val path: String = native.path

    /** The last part of the path. */
    public val name: String = native.name

    /** Whether it is a folder. */
    public val isFolder: Boolean = native.isFolder

    /** The size in bytes; null for a folder. */
    public val sizeBytes: Long? = native.sizeBytes

    /** When it was last written; null when the server does not say. */
    public val modifiedAt: Instant? = native.modifiedAt

    override fun toString(): String = if (isFolder) "$path/" else "$path ($sizeBytes bytes)"
}

/** Is told how far a transfer is, about ten times a second and once at its end. */
public fun interface TransferProgress {
    /**
     * [transferredBytes] have been transferred, of [totalBytes], which is null while it is not known; it starts again from 0 when an upload has to begin
     * anew. Called in the thread that transfers, by the functions with `Async` in the coroutine's dispatcher or `Dispatchers.IO`, one call at a
     * time. What it throws breaks the transfer off and comes out as it is.
     */
    public fun onProgress(transferredBytes: Long, totalBytes: Long?)
}
