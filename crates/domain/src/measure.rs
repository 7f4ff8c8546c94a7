//! Passage time by component, computed from facts alone, so that anyone who holds the ledger can
//! repeat the figure.
