select customers.id, customers.name, count(orders.id) as orders, cast(coalesce(sum(orders.amount), 0) as decimal(12,2)) as total
from {{ ref('customers') }} as customers
left join {{ ref('merged_orders') }} as orders on orders.customer_id = customers.id
group by customers.id, customers.name
