package org.dcbalance.units;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map with an end: what was not used for longest makes room. Not thread-safe. */
public final class Latest<K, V> extends LinkedHashMap<K, V> {
  private static final long serialVersionUID = 1L;

  private final int most;

  public Latest(int most) {
    super(16, 0.75f, true);
    this.most = most;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > most;
  }
}
