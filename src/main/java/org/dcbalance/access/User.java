package org.dcbalance.access;

/** A person who may sign in. */
record User(String name, String passwordHash, Role role, boolean enabled) {}
