"""Evidence to a sparse matrix of confidence: rows are listeners, columns are tracks."""
