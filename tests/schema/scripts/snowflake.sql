create or replace database SHOP;

create or replace schema SHOP.PUBLIC;

create or replace sequence SHOP.PUBLIC.SEQ1 start with 1 increment by 1 noorder;
create or replace TABLE SHOP.PUBLIC.CUSTOMER cluster by (C_ID)(
	C_ID NUMBER(38,0) NOT NULL autoincrement start 1 increment 1 noorder COMMENT 'the key',
	NAME VARCHAR(16777216),
	DATA VARIANT,
	TAGS ARRAY,
	CREATED TIMESTAMP_NTZ(9) DEFAULT CURRENT_TIMESTAMP(),
	PHONE VARCHAR(20) WITH MASKING POLICY SHOP.PUBLIC.MASK_PHONE,
	primary key (C_ID)
)COMMENT='people who buy'
;
create or replace TRANSIENT TABLE SHOP.SALES.ORDERS (
	ID NUMBER(38,0) NOT NULL,
	C_ID NUMBER(38,0),
	"Order Date" DATE,
	primary key (ID),
	foreign key (C_ID) references SHOP.PUBLIC.CUSTOMER(C_ID)
);
create or replace view SHOP.SALES.V_ORDERS(
	ID,
	DAY
) as select ID, "Order Date" from SHOP.SALES.ORDERS;
CREATE OR REPLACE FILE FORMAT SHOP.PUBLIC.CSVF
	NULL_IF = ('\\N')
;
CREATE OR REPLACE FUNCTION SHOP.PUBLIC.F("X" NUMBER(38,0))
RETURNS NUMBER(38,0)
LANGUAGE SQL
AS '
  x + 1; 
';
CREATE OR REPLACE PROCEDURE SHOP.PUBLIC.P()
RETURNS VARCHAR(16777216)
LANGUAGE SQL
AS $$ BEGIN RETURN 'x'; END; $$;
