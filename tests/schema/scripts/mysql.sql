-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;
CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET utf8mb4 */;
USE `shop`;
DROP TABLE IF EXISTS `customer`;
CREATE TABLE `customer` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `name` varchar(80) COLLATE utf8mb4_unicode_ci NOT NULL DEFAULT '' COMMENT 'it''s the name; not the nick\'s',
  `active` tinyint(1) NOT NULL DEFAULT '1',
  `place` point NOT NULL /*!80003 SRID 0 */,
  `full` varchar(90) GENERATED ALWAYS AS (concat(`name`,_utf8mb4' ',`id`)) VIRTUAL,
  `tags` json DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `u_name` (`name`(20)),
  SPATIAL KEY `place` (`place`),
  FULLTEXT KEY `ft` (`name`)
) ENGINE=InnoDB AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci COMMENT='who buys';
LOCK TABLES `customer` WRITE;
INSERT INTO `customer` VALUES (1,'a;b',1,'x',NULL,NULL),(2,'it\'s; -- no comment',0,'','','{}');
UNLOCK TABLES;
CREATE TABLE `sale` (
  `id` bigint NOT NULL,
  `customer_id` int unsigned DEFAULT NULL,
  KEY `fk` (`customer_id`),
  CONSTRAINT `fk` FOREIGN KEY (`customer_id`) REFERENCES `customer` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB
/*!50100 PARTITION BY HASH (`id`)
PARTITIONS 4 */;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `t` BEFORE INSERT ON `sale` FOR EACH ROW BEGIN
  SET NEW.id = 1;
  SET NEW.customer_id = 2;
END */;;
DELIMITER ;
CREATE TABLE `last` (`a` int);
