package com.databricks.sql.kernel

/** The fields of an error, as the kernel gives them. */
internal class ErrorFields(
    val details: String,
    val sqlState: String? = null,
    val errorCode: String? = null,
    val vendorCode: Int? = null,
    val httpStatus: Int? = null,
    val retryable: Boolean = false,
    val queryId: String? = null,
    val diagnosticInfo: String? = null,
    val errorDetailsJson: String? = null,
)

/**
 * Why a call failed. The class answers "what should I do?"; the properties are the same in every class, and what is not known is null.
 * [message] is for people: the server's own words where it has spoken, without tokens or presigned URLs.
 */
public sealed class KernelException(fields: ErrorFields, cause: Throwable? = null) : RuntimeException(fields.details, cause) {
    /** The name of the class, such as `SqlError`: the same code in every language. */
    public val code: String get() = javaClass.simpleName

    /** The five-character SQLSTATE. */
    public val sqlState: String? = fields.sqlState

    /** The server's code as text. */
    public val errorCode: String? = fields.errorCode

    /** A numeric code of the server. */
    public val vendorCode: Int? = fields.vendorCode

    /** The status of the HTTP reply that failed. */
    public val httpStatus: Int? = fields.httpStatus

    /** Whether the same call may succeed later, and making it runs no statement twice. */
    @get:JvmName("isRetryable")
    public val retryable: Boolean = fields.retryable

    /** The statement's id. */
    public val queryId: String? = fields.queryId

    /** The chain of causes, for a report. */
    public val diagnosticInfo: String? = fields.diagnosticInfo

    /** The details of the server's reply, as JSON. */
    public val errorDetailsJson: String? = fields.errorDetailsJson

    /** The class and the message, then what identifies the failure: what a stack trace begins with. */
    override fun toString(): String {
        val facts = listOfNotNull(sqlState?.let { "SQLSTATE $it" }, httpStatus?.let { "HTTP $it" }, queryId?.let { "query $it" })
        return "KernelException.$code: $message" + if (facts.isEmpty()) "" else facts.joinToString(prefix = " [", postfix = "]")
    }

    /** An argument, a setting or a parameter is not usable; nothing was sent. Correct it. */
    public class InvalidArgument internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The server does not know who is calling. Renew the credential. */
    public class Unauthenticated internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The caller may not do this. */
    public class PermissionDenied internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The server does not know the session, statement, warehouse or path. */
    public class NotFound internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** A limit of the server was reached. Try later or ask for less. */
    public class ResourceExhausted internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The server cannot answer at present. Try later. */
    public class Unavailable internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** A time limit ran out. */
    public class Timeout internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The statement or the call was cancelled. */
    public class Cancelled internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** A result is short, damaged or of another shape than announced. Run the query again. */
    public class DataLoss internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The kernel or the server broke a rule of their own. Report it. */
    public class Internal internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The object was closed, or its statement is gone. */
    public class InvalidStatementHandle internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The call is not possible in the object's present state. */
    public class InvalidState internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The network failed before an answer arrived. */
    public class NetworkError internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The server ran the statement and it failed; [sqlState] says how. */
    public class SqlError internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)

    /** The server answered in a way that fits nothing else. */
    public class Unknown internal constructor(fields: ErrorFields, cause: Throwable? = null) : KernelException(fields, cause)
}
