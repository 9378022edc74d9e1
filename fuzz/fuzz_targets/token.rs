#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| databricks_sql_kernel::fuzz::token(input));
