//! The link to the centre: starts it, tells the loop when it is up or down, and hands over the
//! centre's records one by one, each once.
