//! A fresh database for every test.
