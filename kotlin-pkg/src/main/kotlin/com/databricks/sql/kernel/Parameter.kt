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
import java.time.temporal.ChronoUnit.MICROS

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
            // With an exponent where it has one: written out, 1E+1000000000 would fill the memory.
            is BigDecimal -> Parameter(value.toString(), "DECIMAL")
            is CharSequence, is Char -> Parameter(value.toString(), "STRING")
            is LocalDate -> Parameter(value.toString(), "DATE")
            is LocalDateTime -> Parameter(value.truncatedTo(MICROS).toString(), "TIMESTAMP_NTZ")
            is Instant -> Parameter(value.truncatedTo(MICROS).toString(), "TIMESTAMP")
            is OffsetDateTime -> of(value.toInstant())
            is ZonedDateTime -> of(value.toInstant())
            is Duration -> Parameter(dayTime(value), "INTERVAL DAY TO SECOND")
            is Period -> Parameter(yearMonth(value), "INTERVAL YEAR TO MONTH")
            else -> throw invalidArgument("no SQL type is known for a ${value.javaClass.name}: bind its text and name the type, bind(…, text, sqlType)")
        }

        private fun dayTime(value: Duration): String {
            if (value > LONGEST || value < LONGEST.negated()) throw invalidArgument("the duration $value is longer than the $LONGEST that a SQL interval can be")
            val size = value.abs().truncatedTo(MICROS)
            val isNegative = value.isNegative && !size.isZero
            // Not by format(), which writes the digits of the default locale.
            val clock = listOf(size.toHoursPart(), size.toMinutesPart(), size.toSecondsPart()).joinToString(":") { it.toString().padStart(2, '0') }
            val fraction = if (size.nano == 0) "" else "." + (size.nano / 1_000).toString().padStart(6, '0').trimEnd('0')
            return "${sign(isNegative)}${size.toDays()} $clock$fraction"
        }

        private fun yearMonth(value: Period): String {
            if (value.days != 0) throw invalidArgument("the period $value has days, and a SQL interval has either years and months or days and time")
            val months = value.toTotalMonths()
            return "${sign(months < 0)}${Math.abs(months) / 12}-${Math.abs(months) % 12}"
        }

        /** An interval of days and time is a number of microseconds in 64 bits. */
        private val LONGEST = Duration.of(Long.MAX_VALUE, MICROS)

        private fun sign(isNegative: Boolean) = if (isNegative) "-" else ""
    }
}
