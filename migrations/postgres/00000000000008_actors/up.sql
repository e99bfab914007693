-- The names of those who act, as an identity provider has them.

ALTER TABLE events ADD COLUMN actor TEXT COLLATE "C";
