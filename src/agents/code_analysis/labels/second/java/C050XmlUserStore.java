package com.acme.kiosk.auth;

import java.io.File;
import java.io.IOException;
import javax.servlet.ServletException;
import javax.servlet.http.HttpServlet;
import javax.servlet.http.HttpServletRequest;
import javax.servlet.http.HttpServletResponse;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

public class C050XmlUserStore extends HttpServlet {

    private static final long serialVersionUID = 1L;

    private transient Document users;

    @Override
    public void init() throws ServletException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            users = factory.newDocumentBuilder().parse(new File("/etc/kiosk/users.xml"));
        } catch (ParserConfigurationException | SAXException | IOException e) {
            throw new ServletException("user store is not readable", e);
        }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        String login = request.getParameter("login");
        String pin = request.getParameter("pin");
        if (login == null || pin == null) {
            response.sendError(HttpServletResponse.SC_BAD_REQUEST);
            return;
        }
        try {
            Element user = find(login, pin);
            if (user == null) {
                response.sendError(HttpServletResponse.SC_UNAUTHORIZED);
                return;
            }
            request.changeSessionId();
            request.getSession().setAttribute("kiosk.role", user.getAttribute("role"));
            response.setStatus(HttpServletResponse.SC_NO_CONTENT);
        } catch (XPathExpressionException e) {
            log("login could not be checked", e);
            response.sendError(HttpServletResponse.SC_INTERNAL_SERVER_ERROR);
        }
    }

    private Element find(String login, String pin) throws XPathExpressionException {
        XPath xpath = XPathFactory.newInstance().newXPath();
        String expression = "/users/user[@login='" + login + "' and @pin='" + pin + "']";
        synchronized (this) {
            return (Element) xpath.evaluate(expression, users, XPathConstants.NODE);
        }
    }
}
