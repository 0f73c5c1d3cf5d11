/** Networks, and addresses that nothing here should be led to by what a person typed. */
@NullMarked
package org.dcbalance.address;

import org.jspecify.annotations.NullMarked;
