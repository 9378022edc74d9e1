//! The tables of `information_schema` and their columns.

/// A table: columns are STRING, or `name:int`, or `name:timestamp`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Relation {
    pub(super) name: &'static str,
    pub(super) columns: &'static str,
}

const fn relation(name: &'static str, columns: &'static str) -> Relation {
    Relation { name, columns }
}

/// All tables, in the order of their names. Those whose objects a warehouse in memory cannot have are empty.
pub(super) const RELATIONS: &[Relation] = &[
    relation("catalog_privileges", "grantor grantee catalog_name privilege_type is_grantable inherited_from"),
    relation("catalog_tags", "catalog_name tag_name tag_value"),
    relation(
        "catalogs",
        "catalog_name catalog_owner comment created:timestamp created_by last_altered:timestamp last_altered_by",
    ),
    relation("check_constraints", "constraint_catalog constraint_schema constraint_name check_clause sql_path"),
    relation("column_masks", "table_catalog table_schema table_name column_name mask_name using_columns"),
    relation("column_tags", "catalog_name schema_name table_name column_name tag_name tag_value"),
    relation(
        "columns",
        "table_catalog table_schema table_name column_name ordinal_position:int column_default is_nullable \
         full_data_type data_type character_maximum_length:int character_octet_length:int numeric_precision:int \
         numeric_precision_radix:int numeric_scale:int datetime_precision:int interval_type interval_precision:int \
         maximum_cardinality:int is_identity identity_generation identity_start identity_increment identity_maximum \
         identity_minimum identity_cycle is_generated generation_expression is_system_time_period_start \
         is_system_time_period_end system_time_period_timestamp_generation is_updatable \
         partition_ordinal_position:int comment",
    ),
    relation(
        "constraint_column_usage",
        "table_catalog table_schema table_name column_name constraint_catalog constraint_schema constraint_name",
    ),
    relation(
        "constraint_table_usage",
        "table_catalog table_schema table_name constraint_catalog constraint_schema constraint_name",
    ),
    relation("information_schema_catalog_name", "catalog_name"),
    relation(
        "key_column_usage",
        "constraint_catalog constraint_schema constraint_name table_catalog table_schema table_name column_name \
         ordinal_position:int position_in_unique_constraint:int",
    ),
    relation(
        "parameters",
        "specific_catalog specific_schema specific_name ordinal_position:int parameter_mode is_result as_locator \
         parameter_name data_type full_data_type character_maximum_length:int character_octet_length:int \
         numeric_precision:int numeric_precision_radix:int numeric_scale:int datetime_precision:int interval_type \
         interval_precision:int maximum_cardinality:int parameter_default comment",
    ),
    relation(
        "referential_constraints",
        "constraint_catalog constraint_schema constraint_name unique_constraint_catalog unique_constraint_schema \
         unique_constraint_name match_option update_rule delete_rule",
    ),
    relation(
        "routine_columns",
        "specific_catalog specific_schema specific_name column_name ordinal_position:int data_type full_data_type \
         character_maximum_length:int character_octet_length:int numeric_precision:int numeric_precision_radix:int \
         numeric_scale:int datetime_precision:int interval_type interval_precision:int maximum_cardinality:int comment",
    ),
    relation(
        "routine_privileges",
        "grantor grantee specific_catalog specific_schema specific_name routine_catalog routine_schema routine_name \
         privilege_type is_grantable inherited_from",
    ),
    relation(
        "routines",
        "specific_catalog specific_schema specific_name routine_catalog routine_schema routine_name routine_type \
         data_type full_data_type character_maximum_length:int character_octet_length:int numeric_precision:int \
         numeric_precision_radix:int numeric_scale:int datetime_precision:int interval_type interval_precision:int \
         maximum_cardinality:int routine_body routine_definition external_name external_language parameter_style \
         is_deterministic sql_data_access is_null_call security_type as_locator routine_owner comment \
         created:timestamp created_by last_altered:timestamp last_altered_by sql_path",
    ),
    relation("row_filters", "table_catalog table_schema table_name filter_name target_columns"),
    relation(
        "schema_privileges",
        "grantor grantee catalog_name schema_name privilege_type is_grantable inherited_from",
    ),
    relation("schema_tags", "catalog_name schema_name tag_name tag_value"),
    relation(
        "schemata",
        "catalog_name schema_name schema_owner comment created:timestamp created_by last_altered:timestamp \
         last_altered_by",
    ),
    relation(
        "table_constraints",
        "constraint_catalog constraint_schema constraint_name table_catalog table_schema table_name constraint_type \
         is_deferrable initially_deferred enforced comment",
    ),
    relation(
        "table_privileges",
        "grantor grantee table_catalog table_schema table_name privilege_type is_grantable inherited_from",
    ),
    relation("table_tags", "catalog_name schema_name table_name tag_name tag_value"),
    relation(
        "tables",
        "table_catalog table_schema table_name table_type is_insertable_into commit_action table_owner comment \
         created:timestamp created_by last_altered:timestamp last_altered_by data_source_format storage_path \
         storage_sub_directory",
    ),
    relation(
        "views",
        "table_catalog table_schema table_name view_definition check_option is_updatable is_insertable_into sql_path \
         is_materialized",
    ),
    relation(
        "volume_privileges",
        "grantor grantee volume_catalog volume_schema volume_name privilege_type is_grantable inherited_from",
    ),
    relation("volume_tags", "catalog_name schema_name volume_name tag_name tag_value"),
    relation(
        "volumes",
        "volume_catalog volume_schema volume_name volume_type volume_owner comment storage_location created:timestamp \
         created_by last_altered:timestamp last_altered_by",
    ),
];
