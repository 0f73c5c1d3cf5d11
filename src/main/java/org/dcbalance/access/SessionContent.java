package org.dcbalance.access;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.io.ObjectInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.convert.ConversionService;
import org.springframework.core.convert.support.GenericConversionService;
import org.springframework.core.serializer.support.SerializingConverter;

/**
 * Read sessions out of the database with care: only the classes that sessions are made of, so that
 * whoever can write there cannot have other code run here; and what cannot be read, such as after
 * an upgrade, counts as not there, which signs its owner out instead of failing each request.
 */
@Configuration(proxyBeanMethods = false)
class SessionContent {
  private static final Logger log = LoggerFactory.getLogger(SessionContent.class);

  private static final ObjectInputFilter KNOWN =
      ObjectInputFilter.Config.createFilter(
          "maxdepth=30;maxbytes=262144;java.lang.*;java.util.**;java.time.*;java.net.URL;"
              + "org.springframework.security.**;org.springframework.web.servlet.FlashMap;"
              + "org.springframework.util.*;org.dcbalance.**;!*");

  /** Named as Spring Session looks for it. */
  @Bean
  @SuppressWarnings("NullAway") // null is what a session without the attribute has
  ConversionService springSessionConversionService() {
    var conversions = new GenericConversionService();
    conversions.addConverter(Object.class, byte[].class, new SerializingConverter());
    conversions.addConverter(byte[].class, Object.class, SessionContent::read);
    return conversions;
  }

  static @Nullable Object read(byte[] stored) {
    try (var in = new ObjectInputStream(new ByteArrayInputStream(stored))) {
      in.setObjectInputFilter(KNOWN);
      return in.readObject();
    } catch (IOException | ClassNotFoundException e) {
      log.warn("A part of a session was left out: {}", e.toString());
      return null;
    }
  }
}
