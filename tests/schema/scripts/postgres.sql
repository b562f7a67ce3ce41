--
-- PostgreSQL database dump
--
\restrict abc
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA sales;
CREATE DOMAIN public.email AS character varying(80) CONSTRAINT c CHECK (((VALUE)::text ~~ '%@%'::text));
CREATE TYPE public.mood AS ENUM ('sad', 'it''s ok');
CREATE FUNCTION public.f() RETURNS integer
    LANGUAGE plpgsql AS $_$
BEGIN
  CREATE TABLE not_me (a int);
  RETURN 1;
END; $_$;
CREATE TABLE public.cust (
    id integer NOT NULL,
    mail public.email,
    m public.mood DEFAULT 'sad'::public.mood,
    tags text[],
    at timestamp with time zone DEFAULT now(),
    where_ public.geometry(Point,4326)
);
ALTER TABLE public.cust OWNER TO root;
CREATE SEQUENCE public.cust_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
CREATE TABLE sales.ord (
    id bigint NOT NULL,
    cust_id integer NOT NULL,
    day date
)
PARTITION BY RANGE (day);
CREATE TABLE sales.ord_2024 (id bigint NOT NULL, cust_id integer NOT NULL, day date);
CREATE TABLE sales.ord_2025 PARTITION OF sales.ord FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
ALTER TABLE ONLY sales.ord ATTACH PARTITION sales.ord_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
COMMENT ON TABLE sales.ord IS 'orders; one per basket';
COMMENT ON COLUMN sales.ord.cust_id IS 'who''s buying';
COPY public.cust (id, mail) FROM stdin;
1	CREATE TABLE x (a int);
2	it's
\.
ALTER TABLE ONLY public.cust
    ADD CONSTRAINT cust_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.cust ADD CONSTRAINT u UNIQUE (mail);
ALTER TABLE ONLY sales.ord
    ADD CONSTRAINT ord_cust_id_fkey FOREIGN KEY (cust_id) REFERENCES public.cust(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX i ON public.cust USING btree (mail);
CREATE VIEW public.v AS
 SELECT c.id, count(*) AS n
   FROM (public.cust c JOIN sales.ord o ON ((o.cust_id = c.id)))
  GROUP BY c.id;
GRANT SELECT ON TABLE public.cust TO clerk;
\unrestrict abc
