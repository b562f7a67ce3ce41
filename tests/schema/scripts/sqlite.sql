PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE artist ([id] INTEGER PRIMARY KEY AUTOINCREMENT, name NVARCHAR(120), extra);
INSERT INTO artist VALUES(1,'AC/DC; live',NULL);
CREATE TABLE IF NOT EXISTS "album" (id INTEGER NOT NULL, title TEXT COLLATE NOCASE, artist_id INT REFERENCES artist, PRIMARY KEY (id)) WITHOUT ROWID;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('artist',1);
CREATE UNIQUE INDEX album_title ON album (title);
CREATE TRIGGER t AFTER INSERT ON artist BEGIN
  UPDATE artist SET name = 'x';
  DELETE FROM album;
END;
CREATE VIEW titles AS SELECT a.title, r.name AS artist FROM album a JOIN artist r ON r.id = a.artist_id;
COMMIT;
