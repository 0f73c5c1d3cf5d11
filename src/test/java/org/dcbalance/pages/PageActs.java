package org.dcbalance.pages;

import org.junit.jupiter.api.function.Executable;

/**
 * What somebody does on a page, in this order.
 *
 * @param empty sees it while there is nothing to show, or nothing was entered
 * @param error sees why something cannot be
 * @param main does what it is for
 */
record PageActs(Executable empty, Executable error, Executable main) {}
