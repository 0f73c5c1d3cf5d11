package org.dcbalance.access;

/** A named key by which a program acts. */
record ApiToken(String name, Role role) {}
