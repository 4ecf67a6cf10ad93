CREATE TABLE weights (
  layer_id INTEGER, layer_name VARCHAR, "row" BIGINT, col_start BIGINT, group_size INTEGER,
  codes TINYINT[], scales FLOAT[], zero_points FLOAT[], "values" FLOAT[], data BLOB);
