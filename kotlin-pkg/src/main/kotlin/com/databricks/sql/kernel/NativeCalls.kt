package com.databricks.sql.kernel

import com.databricks.sql.kernel.internal.InternalException
import java.nio.charset.CharacterCodingException
import java.util.concurrent.CancellationException
import com.databricks.sql.kernel.internal.KernelException as NativeError

internal fun invalidArgument(what: String): KernelException = KernelException.InvalidArgument(ErrorFields(what))

/** Makes a native call; its errors come out as [KernelException]s. */
internal inline fun <T> call(body: () -> T): T =
    try {
        body()
    } catch (error: NativeError) {
        throw error.toPublic()
    } catch (error: InternalException) {
        throw KernelException.Internal(ErrorFields("the kernel broke a rule of its own, please report it: ${error.message}"), error)
    } catch (error: CancellationException) {
        throw error
    } catch (error: IllegalStateException) {
        // What the generated code says of an object that another thread has just closed.
        throw KernelException.InvalidStatementHandle(ErrorFields("the object was closed"), error)
    } catch (error: CharacterCodingException) {
        throw loneSurrogate(error)
    } catch (error: IllegalArgumentException) {
        throw KernelException.InvalidArgument(ErrorFields(error.message ?: "an argument is not usable"), error)
    }

/** Text crosses as UTF-8, which has no form for half of a character. */
internal fun loneSurrogate(error: CharacterCodingException): KernelException = KernelException.InvalidArgument(
    ErrorFields("a text that was passed has half of a surrogate pair, which is no character: cut texts between characters, or replace such halves"),
    error,
)

/** The text with `?` in place of what is no character. */
internal fun onlyCharacters(text: String): String = String(text.toByteArray())

/** The public form of an error. The generated classes have equal fields, but no common ancestor that declares them. */
internal fun NativeError.toPublic(): KernelException = when (this) {
    is NativeError.InvalidArgument -> KernelException.InvalidArgument(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.Unauthenticated -> KernelException.Unauthenticated(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.PermissionDenied -> KernelException.PermissionDenied(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.NotFound -> KernelException.NotFound(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.ResourceExhausted -> KernelException.ResourceExhausted(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.Unavailable -> KernelException.Unavailable(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.Timeout -> KernelException.Timeout(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.Cancelled -> KernelException.Cancelled(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.DataLoss -> KernelException.DataLoss(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.Internal -> KernelException.Internal(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.InvalidStatementHandle -> KernelException.InvalidStatementHandle(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.InvalidState -> KernelException.InvalidState(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.NetworkException -> KernelException.NetworkError(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.SqlException -> KernelException.SqlError(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
    is NativeError.Unknown -> KernelException.Unknown(
        ErrorFields(details, sqlState, errorCode, vendorCode, httpStatus, retryable, queryId, diagnosticInfo, errorDetailsJson),
    )
}
