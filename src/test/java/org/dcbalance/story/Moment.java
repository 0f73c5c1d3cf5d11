package org.dcbalance.story;

/** What goes on in a move when something goes wrong with it. */
enum Moment {
  /** The guest runs on the source while its memory is copied. */
  COPYING,
  /** It is stopped there, as in each switch-over, but until all of its memory is copied. */
  STOPPED,
  /** It runs on the target and fetches memory from the source: neither has all of it. */
  POST_COPY
}
