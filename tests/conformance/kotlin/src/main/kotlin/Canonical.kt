import com.fasterxml.jackson.databind.JsonNode
import java.math.BigDecimal
import java.math.MathContext
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import java.time.LocalDateTime
import java.time.Period
import java.time.ZoneOffset
import java.time.format.DateTimeFormatter
import org.apache.arrow.vector.types.pojo.ArrowType
import org.apache.arrow.vector.types.pojo.Field
import org.apache.arrow.vector.util.Text

private val MOMENT = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS")

/** The canonical text of an Arrow type, as ../README.md defines it. */
fun typeText(field: Field): String = when (val type = field.type) {
    is ArrowType.Null -> "null"
    is ArrowType.Bool -> "bool"
    is ArrowType.Int -> "int${type.bitWidth}"
    is ArrowType.FloatingPoint -> if (type.precision.name == "SINGLE") "float32" else "float64"
    is ArrowType.Decimal -> "decimal${type.bitWidth}(${type.precision},${type.scale})"
    is ArrowType.Utf8 -> "utf8"
    is ArrowType.Binary -> "binary"
    is ArrowType.Date -> if (type.unit.name == "DAY") "date32" else "date64"
    is ArrowType.Timestamp -> "timestamp[us" + (type.timezone?.let { ", $it" } ?: "") + "]"
    is ArrowType.Duration -> "duration[us]"
    is ArrowType.Interval -> "month_interval"
    is ArrowType.List -> "list<${typeText(field.children[0])}>"
    is ArrowType.Map -> "map<${field.children[0].children.joinToString(", ", transform = ::typeText)}>"
    is ArrowType.Struct -> "struct<${field.children.joinToString(", ") { "${it.name}: ${typeText(it)}" }}>"
    else -> type.toString()
}

/** The canonical form of a value that a row answers. MAP and STRUCT are both a `Map` there: the expected value tells which is meant. */
fun canonical(value: Any?, expected: JsonNode?): Any? = when (value) {
    null -> null
    is List<*> -> value.mapIndexed { at, item -> canonical(item, expected?.get(at)) }
    is Map<*, *> ->
        if (expected != null && expected.isObject) value.entries.associate { (name, item) -> name.toString() to canonical(item, expected[name.toString()]) }
        else value.entries.mapIndexed { at, (key, item) -> listOf(canonical(key, expected?.get(at)?.get(0)), canonical(item, expected?.get(at)?.get(1))) }
    else -> scalar(value)
}

/** The canonical form of a value that Arrow's vectors answer. */
fun canonical(value: Any?, field: Field): Any? = when {
    value == null -> null
    field.type is ArrowType.List -> (value as List<*>).map { canonical(it, field.children[0]) }
    field.type is ArrowType.Map -> {
        val (key, item) = field.children[0].children
        (value as List<*>).map { it as Map<*, *> }.map { listOf(canonical(it["key"], key), canonical(it["value"], item)) }
    }
    field.type is ArrowType.Struct -> field.children.associate { it.name to canonical((value as Map<*, *>)[it.name], it) }
    else -> scalar(arrowValue(value, field.type))
}

private fun scalar(value: Any): String = when (value) {
    is Float -> shortest(value.toDouble()) { it.toFloat() == value }
    is Double -> shortest(value) { it.toDouble() == value }
    is BigDecimal -> value.toPlainString()
    is ByteArray -> value.joinToString("") { "%02x".format(it) }
    is LocalDate -> value.toString()
    is Instant -> moment(LocalDateTime.ofInstant(value, ZoneOffset.UTC)) + "Z"
    is LocalDateTime -> moment(value)
    is Duration -> duration(value)
    is Period -> value.toTotalMonths().let { "${if (it < 0) "-" else ""}${Math.abs(it) / 12}-${Math.abs(it) % 12}" }
    else -> value.toString()
}

/** What Arrow's vectors answer, as rows would. */
private fun arrowValue(value: Any, type: ArrowType): Any = when {
    value is Text -> value.toString()
    type is ArrowType.Date && value is Int -> LocalDate.ofEpochDay(value.toLong())
    type is ArrowType.Timestamp && value is Long -> Instant.ofEpochSecond(Math.floorDiv(value, 1_000_000L), Math.floorMod(value, 1_000_000L) * 1000)
    else -> value
}

private fun moment(value: LocalDateTime): String = value.format(MOMENT)

private fun duration(value: Duration): String {
    val size = value.abs()
    val sign = if (value.isNegative) "-" else ""
    return "%s%d %02d:%02d:%02d.%09d".format(sign, size.toDays(), size.toHoursPart(), size.toMinutesPart(), size.toSecondsPart(), size.nano)
}

/** The shortest digits that read back as the same number, such as `1.5e0`. */
private fun shortest(value: Double, same: (BigDecimal) -> Boolean): String {
    if (value.isNaN()) return "NaN"
    if (value.isInfinite()) return if (value > 0) "Infinity" else "-Infinity"
    if (value == 0.0) return if (1 / value < 0) "-0e0" else "0e0"
    val exact = BigDecimal(value)
    val found = (1..17).map { exact.round(MathContext(it)) }.first(same).stripTrailingZeros()
    val digits = found.unscaledValue().abs().toString()
    val fraction = if (digits.length > 1) "." + digits.drop(1) else ""
    return "${if (value < 0) "-" else ""}${digits[0]}${fraction}e${found.precision() - found.scale() - 1}"
}
