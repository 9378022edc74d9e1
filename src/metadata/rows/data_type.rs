//! What JDBC says about a column's type, read off the type's text.

/// A column's type as `SHOW COLUMNS` writes it, such as `DECIMAL(10,2)` or `ARRAY<INT>`.
pub(super) struct DataType {
    base: String,
    /// The numbers in parentheses.
    arguments: Vec<i32>,
}

impl DataType {
    pub(super) fn of(text: &str) -> Self {
        let text = text.trim();
        let (base, rest) =
            text.split_at(text.find(|at: char| !at.is_ascii_alphanumeric() && at != '_').unwrap_or(text.len()));
        let arguments = rest.strip_prefix('(').and_then(|rest| rest.split(')').next()).unwrap_or("");
        let arguments = arguments.split(',').map_while(|number| number.trim().parse().ok()).collect();
        Self { base: base.to_ascii_uppercase(), arguments }
    }

    /// The constant of `java.sql.Types`; 1111 (OTHER) for what has none.
    pub(super) fn code(&self) -> i32 {
        match self.base.as_str() {
            "BOOLEAN" => 16,
            "TINYINT" => -6,
            "SMALLINT" => 5,
            "INT" | "INTEGER" => 4,
            "BIGINT" => -5,
            "FLOAT" => 6,
            "DOUBLE" => 8,
            "DECIMAL" => 3,
            "CHAR" => 1,
            "STRING" | "VARCHAR" | "VOID" | "NULL" => 12,
            "BINARY" => -2,
            "DATE" => 91,
            "TIMESTAMP" | "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ" => 93,
            "ARRAY" => 2003,
            "MAP" => 2000,
            "STRUCT" => 2002,
            _ => 1111,
        }
    }

    /// Digits of a number, characters of a text or of what a date or time is written as.
    pub(super) fn size(&self) -> Option<i32> {
        match self.base.as_str() {
            "BOOLEAN" => Some(1),
            "TINYINT" => Some(3),
            "SMALLINT" => Some(5),
            "INT" | "INTEGER" | "DATE" => Some(10),
            "BIGINT" => Some(19),
            "FLOAT" => Some(7),
            "DOUBLE" => Some(15),
            "DECIMAL" => Some(self.arguments.first().copied().unwrap_or(10)),
            "CHAR" | "VARCHAR" => self.arguments.first().copied(),
            "TIMESTAMP" | "TIMESTAMP_NTZ" | "TIMESTAMP_LTZ" => Some(29),
            _ => None,
        }
    }

    /// Digits after the point.
    pub(super) fn scale(&self) -> Option<i32> {
        match self.base.as_str() {
            "DECIMAL" => Some(self.arguments.get(1).copied().unwrap_or(0)),
            "TINYINT" | "SMALLINT" | "INT" | "INTEGER" | "BIGINT" => Some(0),
            _ => None,
        }
    }

    pub(super) fn radix(&self) -> Option<i32> {
        let is_number = matches!(
            self.base.as_str(),
            "TINYINT" | "SMALLINT" | "INT" | "INTEGER" | "BIGINT" | "FLOAT" | "DOUBLE" | "DECIMAL"
        );
        is_number.then_some(10)
    }
}
