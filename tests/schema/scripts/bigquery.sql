CREATE TABLE `proj.shop.orders`
(
  id INT64 NOT NULL OPTIONS(description="the key"),
  lines ARRAY<STRUCT<sku STRING, qty INT64>>,
  at TIMESTAMP,
  PRIMARY KEY (id) NOT ENFORCED
)
PARTITION BY DATE(at)
CLUSTER BY id
OPTIONS(description="what people bought");
