package org.dcbalance.installation;

import java.time.Instant;

/** Why the consoles only observe until an administrator confirms the database, and since when. */
public record Doubt(Instant since, String sentence) {}
