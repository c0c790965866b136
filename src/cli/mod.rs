//! Words in, words out: the verbs of the command line.
