-- The embedded company: a European home-and-office retailer that sells to people and firms.
-- Names are short, the way they grow in real companies; glossary.yaml says what they mean.

CREATE TABLE prd_ctg (
  ctg_id INTEGER NOT NULL PRIMARY KEY,
  ctg_nm VARCHAR NOT NULL,
  par_ctg_id INTEGER REFERENCES prd_ctg (ctg_id)
);

CREATE TABLE sup (
  sup_id INTEGER NOT NULL PRIMARY KEY,
  sup_nm VARCHAR NOT NULL,
  city VARCHAR NOT NULL,
  cntry_cd VARCHAR NOT NULL,
  rtg SMALLINT,
  lead_d SMALLINT NOT NULL
);

CREATE TABLE prd (
  prd_id INTEGER NOT NULL PRIMARY KEY,
  prd_nm VARCHAR NOT NULL,
  ctg_id INTEGER NOT NULL REFERENCES prd_ctg (ctg_id),
  sup_id INTEGER REFERENCES sup (sup_id),
  lst_prc DECIMAL(10,2) NOT NULL,
  std_cst DECIMAL(10,2) NOT NULL,
  wgt_kg DECIMAL(8,2),
  lnch_dt DATE NOT NULL,
  eol_dt DATE,
  del_ts TIMESTAMP
);

CREATE TABLE wh (
  wh_id INTEGER NOT NULL PRIMARY KEY,
  wh_nm VARCHAR NOT NULL,
  city VARCHAR NOT NULL,
  cntry_cd VARCHAR NOT NULL,
  cap_m3 INTEGER NOT NULL
);

CREATE TABLE stk (
  wh_id INTEGER NOT NULL REFERENCES wh (wh_id),
  prd_id INTEGER NOT NULL REFERENCES prd (prd_id),
  qty_oh INTEGER NOT NULL,
  qty_rsv INTEGER NOT NULL,
  rop INTEGER,
  cnt_dt DATE,
  PRIMARY KEY (wh_id, prd_id)
);

CREATE TABLE emp (
  emp_id INTEGER NOT NULL PRIMARY KEY,
  emp_nm VARCHAR NOT NULL,
  job_cd VARCHAR NOT NULL,
  mgr_id INTEGER REFERENCES emp (emp_id),
  wh_id INTEGER REFERENCES wh (wh_id),
  hire_dt DATE NOT NULL,
  term_dt DATE,
  sal DECIMAL(10,2)
);

CREATE TABLE cust (
  cust_id INTEGER NOT NULL PRIMARY KEY,
  cust_nm VARCHAR NOT NULL,
  typ_cd VARCHAR NOT NULL,
  tier_cd VARCHAR,
  eml VARCHAR,
  city VARCHAR NOT NULL,
  cntry_cd VARCHAR NOT NULL,
  reg_dt DATE NOT NULL,
  cr_lim DECIMAL(10,2),
  nwsl BOOLEAN NOT NULL,
  acc_emp_id INTEGER REFERENCES emp (emp_id),
  del_ts TIMESTAMP
);

CREATE TABLE ord (
  ord_id INTEGER NOT NULL PRIMARY KEY,
  cust_id INTEGER NOT NULL REFERENCES cust (cust_id),
  emp_id INTEGER REFERENCES emp (emp_id),
  wh_id INTEGER NOT NULL REFERENCES wh (wh_id),
  chn_cd VARCHAR NOT NULL,
  st_cd VARCHAR NOT NULL,
  ord_dt DATE NOT NULL,
  prom_dt DATE NOT NULL,
  ship_dt DATE,
  frt_amt DECIMAL(10,2) NOT NULL
);

CREATE TABLE ord_ln (
  ord_id INTEGER NOT NULL REFERENCES ord (ord_id),
  ln_no SMALLINT NOT NULL,
  prd_id INTEGER NOT NULL REFERENCES prd (prd_id),
  qty INTEGER NOT NULL,
  unit_prc DECIMAL(10,2) NOT NULL,
  dsc_rt DECIMAL(3,2) NOT NULL,
  PRIMARY KEY (ord_id, ln_no)
);

CREATE TABLE promo (
  promo_id INTEGER NOT NULL PRIMARY KEY,
  promo_nm VARCHAR NOT NULL,
  typ_cd VARCHAR NOT NULL,
  beg_dt DATE NOT NULL,
  end_dt DATE,
  min_amt DECIMAL(10,2)
);

CREATE TABLE ord_promo (
  ord_id INTEGER NOT NULL REFERENCES ord (ord_id),
  promo_id INTEGER NOT NULL REFERENCES promo (promo_id),
  dsc_amt DECIMAL(10,2) NOT NULL,
  PRIMARY KEY (ord_id, promo_id)
);

CREATE TABLE pmt (
  pmt_id INTEGER NOT NULL PRIMARY KEY,
  ord_id INTEGER NOT NULL REFERENCES ord (ord_id),
  mth_cd VARCHAR NOT NULL,
  st_cd VARCHAR NOT NULL,
  amt DECIMAL(10,2) NOT NULL,
  pmt_ts TIMESTAMP
);

CREATE TABLE ret (
  ret_id INTEGER NOT NULL PRIMARY KEY,
  ord_id INTEGER NOT NULL,
  ln_no SMALLINT NOT NULL,
  qty INTEGER NOT NULL,
  rsn_cd VARCHAR,
  ret_dt DATE NOT NULL,
  rfd_amt DECIMAL(10,2),
  FOREIGN KEY (ord_id, ln_no) REFERENCES ord_ln (ord_id, ln_no)
);

CREATE TABLE etl_log (
  run_id INTEGER NOT NULL PRIMARY KEY,
  tbl_nm VARCHAR NOT NULL,
  beg_ts TIMESTAMP NOT NULL,
  end_ts TIMESTAMP,
  n_rows INTEGER NOT NULL,
  st_cd VARCHAR NOT NULL
);

COMMENT ON TABLE stk IS 'stock per warehouse and product';
COMMENT ON TABLE ord_ln IS 'order lines: one product of an order';
COMMENT ON TABLE ret IS 'goods sent back by customers';
COMMENT ON TABLE etl_log IS 'technical log of nightly loads';
COMMENT ON COLUMN prd.eol_dt IS 'end of life: discontinued on this day, NULL while still sold';
COMMENT ON COLUMN prd.del_ts IS 'soft delete: removed from the catalogue';
COMMENT ON COLUMN cust.del_ts IS 'soft delete: account closed';
COMMENT ON COLUMN ord.prom_dt IS 'promised shipping date';
COMMENT ON COLUMN ord.ship_dt IS 'actual shipping date, NULL until shipped';
COMMENT ON COLUMN ord.emp_id IS 'sales rep, NULL for orders without one';
COMMENT ON COLUMN ord_ln.dsc_rt IS 'discount as a fraction: 0.10 is 10 %';
COMMENT ON COLUMN stk.rop IS 'reorder point';
COMMENT ON COLUMN stk.qty_oh IS 'quantity on hand';
COMMENT ON COLUMN pmt.pmt_ts IS 'NULL until the money arrives';
COMMENT ON COLUMN ret.rfd_amt IS 'refund, NULL until paid back';
