-- What is known of orders on a day: the last state of each.
{{ config(materialized='view') }}
select id, customer_id, amount, status, changed_on
from {{ ref('orders') }}
where changed_on <= date'{{ var("day") }}'
qualify row_number() over (partition by id order by changed_on desc) = 1
