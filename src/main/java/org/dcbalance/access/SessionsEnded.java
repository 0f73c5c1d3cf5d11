package org.dcbalance.access;

import java.util.Set;

/** Say that these sessions are over: what was opened in them has to close. */
public record SessionsEnded(Set<String> ids) {}
