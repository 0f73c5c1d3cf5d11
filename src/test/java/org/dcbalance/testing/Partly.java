package org.dcbalance.testing;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;

/** Stand in for a wide interface with what an object has of its methods. */
public final class Partly {
  private Partly() {}

  /** Give one whose other methods fail with their names. */
  public static <T> T of(Class<T> type, Object what) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                var own =
                    what.getClass().getDeclaredMethod(method.getName(), method.getParameterTypes());
                own.setAccessible(true);
                return own.invoke(what, arguments);
              } catch (NoSuchMethodException e) {
                throw new UnsupportedOperationException(method.toString(), e);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }
}
