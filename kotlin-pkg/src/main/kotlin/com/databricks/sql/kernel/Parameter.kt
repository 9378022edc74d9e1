package com.databricks.sql.kernel

import java.math.BigDecimal
import java.math.BigInteger
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.OffsetDateTime
import java.time.Period
import java.time.ZonedDateTime

/** A parameter as the protocol takes it: the value's text and its SQL type. */
internal class Parameter private constructor(val text: String?, val sqlType: String) {
    companion object {
        fun of(value: Any?): Parameter = when (value) {
            null -> Parameter(null, "VOID")
            is Boolean -> Parameter(value.toString(), "BOOLEAN")
            is Byte -> Parameter(value.toString(), "TINYINT")
            is Short -> Parameter(value.toString(), "SMALLINT")
            is Int -> Parameter(value.toString(), "INT")
            is Long -> Parameter(value.toString(), "BIGINT")
            is Float -> Parameter(value.toString(), "FLOAT")
            is Double -> Parameter(value.toString(), "DOUBLE")
            is BigInteger -> Parameter(value.toString(), "DECIMAL")
            is BigDecimal -> Parameter(value.toPlainString(), "DECIMAL")
            is CharSequence, is Char -> Parameter(value.toString(), "STRING")
            is LocalDate -> Parameter(value.toString(), "DATE")
            is LocalDateTime -> Parameter(value.toString(), "TIMESTAMP_NTZ")
            is Instant -> Parameter(value.toString(), "TIMESTAMP")
            is OffsetDateTime -> of(value.toInstant())
            is ZonedDateTime -> of(value.toInstant())
            is Duration -> Parameter(dayTime(value), "INTERVAL DAY TO SECOND")
            is Period -> Parameter(yearMonth(value), "INTERVAL YEAR TO MONTH")
            else -> throw invalidArgument("no SQL type is known for a ${value.javaClass.name}: bind its text and name the type, bind(…, text, sqlType)")
        }

        private fun dayTime(value: Duration): String {
            val size = value.abs()
            val fraction = if (size.nano == 0) "" else ".%09d".format(size.nano).trimEnd('0')
            return "%s%d %02d:%02d:%02d%s".format(sign(value.isNegative), size.toDays(), size.toHoursPart(), size.toMinutesPart(), size.toSecondsPart(), fraction)
        }

        private fun yearMonth(value: Period): String {
            if (value.days != 0) throw invalidArgument("the period $value has days, and a SQL interval has either years and months or days and time")
            val months = value.toTotalMonths()
            return "${sign(months < 0)}${Math.abs(months) / 12}-${Math.abs(months) % 12}"
        }

        private fun sign(isNegative: Boolean) = if (isNegative) "-" else ""
    }
}
