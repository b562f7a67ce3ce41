-- the weekly report; its semicolons ; do not count
SELECT st_cd, COUNT(*) FROM ord GROUP BY st_cd;
/* late; orders */
SELECT cust.cust_nm, ord.ord_dt FROM ord JOIN cust ON cust.cust_id = ord.cust_id
 WHERE ord.ship_dt > ord.prom_dt AND ord.chn_cd = :channel;
DELETE FROM etl_log;
