package org.dcbalance.migration;

/** Say that this console must leave a migration alone, without writing anything more. */
class LetGo extends RuntimeException {
  private static final long serialVersionUID = 1L;

  LetGo(String why) {
    super(why);
  }
}
