package com.acme.roles;

import java.nio.file.Path;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Node;

public class RoleLookup {

    private final Document users;

    public RoleLookup(Path file) throws Exception {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        users = factory.newDocumentBuilder().parse(file.toFile());
    }

    public String roleOf(String login, String pin) throws XPathExpressionException {
        XPath xpath = XPathFactory.newInstance().newXPath();
        String expression = String.format("//user[@login='%s' and @pin='%s']/role", login, pin);
        Node node = (Node) xpath.evaluate(expression, users, XPathConstants.NODE);
        return node == null ? null : node.getTextContent();
    }
}
