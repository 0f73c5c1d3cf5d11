package org.dcbalance.pages;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.dcbalance.access.RequestKind;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import org.springframework.web.servlet.FlashMap;
import org.springframework.web.servlet.FlashMapManager;
import org.springframework.web.servlet.support.SessionFlashMapManager;

/**
 * Keep a notice for the page that it is meant for: a fragment of that page that another tab fetches
 * in between must not take it away.
 */
@Component("flashMapManager")
class NoticesForPages implements FlashMapManager {
  private final SessionFlashMapManager session = new SessionFlashMapManager();

  @Override
  public @Nullable FlashMap retrieveAndUpdate(
      HttpServletRequest request, HttpServletResponse response) {
    // the front end's files are no page either, and have to come while the database is away
    return RequestKind.of(request) == RequestKind.PAGE
            && !RequestKind.path(request).startsWith("/app/")
        ? session.retrieveAndUpdate(request, response)
        : null;
  }

  @Override
  public void saveOutputFlashMap(
      FlashMap flashMap, HttpServletRequest request, HttpServletResponse response) {
    session.saveOutputFlashMap(flashMap, request, response);
  }
}
