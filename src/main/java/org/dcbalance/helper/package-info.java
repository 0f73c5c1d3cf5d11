/**
 * The helper that an administrator may install on a host, for what libvirt cannot do from afar: it
 * is called over SSH, takes names and never paths, and does nothing but its verbs.
 */
@NullMarked
package org.dcbalance.helper;

import org.jspecify.annotations.NullMarked;
