{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id') }}
select id, customer_id, amount, status, changed_on
from {{ ref('known_orders') }}
{% if is_incremental() %}
where changed_on > (select max(changed_on) from {{ this }})
{% endif %}
