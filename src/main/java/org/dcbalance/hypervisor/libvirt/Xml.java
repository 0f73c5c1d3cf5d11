package org.dcbalance.hypervisor.libvirt;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Read libvirt's XML; document types and external entities are refused. */
final class Xml {
  private Xml() {}

  static Element parse(String text) {
    try {
      var factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      factory.setXIncludeAware(false);
      factory.setExpandEntityReferences(false);
      factory.setNamespaceAware(true);
      var builder = factory.newDocumentBuilder();
      builder.setErrorHandler(null);
      return builder.parse(new InputSource(new StringReader(text))).getDocumentElement();
    } catch (SAXException e) {
      throw new LibvirtFailure(27, "its XML cannot be read: " + e.getMessage());
    } catch (ParserConfigurationException | IOException e) {
      throw new IllegalStateException("This Java has no XML parser", e);
    }
  }

  /** List the child elements of that name, of every name for "*". */
  static List<Element> children(@Nullable Element parent, String name) {
    var found = new ArrayList<Element>();
    if (parent != null) {
      for (var node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
        if (node instanceof Element element
            && (name.equals("*") || name.equals(element.getLocalName()))) {
          found.add(element);
        }
      }
    }
    return found;
  }

  /** Follow a path of child elements, such as "os/type"; null where it ends early. */
  static @Nullable Element at(@Nullable Element from, String path) {
    var element = from;
    for (var name : path.split("/", -1)) {
      var children = children(element, name);
      element = children.isEmpty() ? null : children.getFirst();
    }
    return element;
  }

  /** Give the text at a path, empty if there is none. */
  static String text(@Nullable Element from, String path) {
    var element = at(from, path);
    return element == null ? "" : element.getTextContent().strip();
  }

  /** Give an attribute of the element at a path, empty if there is none. */
  static String attribute(@Nullable Element from, String path, String name) {
    var element = at(from, path);
    return element == null ? "" : element.getAttribute(name);
  }

  static String write(@Nullable Element element) {
    if (element == null) {
      return "";
    }
    try {
      var transformer = TransformerFactory.newInstance().newTransformer();
      transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
      var text = new StringWriter();
      transformer.transform(new DOMSource(element), new StreamResult(text));
      return text.toString();
    } catch (TransformerException e) {
      throw new IllegalStateException("An element could not be written", e);
    }
  }

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
