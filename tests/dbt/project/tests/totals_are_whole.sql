-- No order is lost between the two tables.
select totals.total, orders.total as expected
from (select sum(total) as total from {{ ref('customer_totals') }}) as totals
cross join (select sum(amount) as total from {{ ref('merged_orders') }}) as orders
where totals.total <> orders.total
