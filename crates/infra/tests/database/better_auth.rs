//! better_auth
