//! Every limit of the domain in one place, with the relations between them asserted.
