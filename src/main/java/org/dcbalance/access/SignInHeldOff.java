package org.dcbalance.access;

/**
 * Say that sign-ins are refused for a while, since too many failed.
 *
 * @param user a name that is known here, or words that say that it is not
 * @param address of the client
 */
public record SignInHeldOff(String user, String address) {}
