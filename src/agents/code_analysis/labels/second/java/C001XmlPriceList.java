package com.acme.kiosk.prices;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import javax.xml.XMLConstants;
import javax.xml.namespace.QName;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPath;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.SAXException;

public class C001XmlPriceList {

    private static final String BY_CODE = "/prices/item[@code = $code]";
    private static final QName CODE = new QName("code");

    private final Document document;

    public C001XmlPriceList(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            this.document = factory.newDocumentBuilder().parse(in);
        } catch (ParserConfigurationException | SAXException e) {
            throw new IOException("price list is not readable", e);
        }
    }

    public synchronized Optional<BigDecimal> price(String code) {
        XPath xpath = XPathFactory.newInstance().newXPath();
        xpath.setXPathVariableResolver(name -> CODE.equals(name) ? code : null);
        try {
            Element item = (Element) xpath.evaluate(BY_CODE, document, XPathConstants.NODE);
            return Optional.ofNullable(item).map(e -> new BigDecimal(e.getAttribute("price")));
        } catch (XPathExpressionException e) {
            throw new IllegalStateException("price could not be looked up", e);
        }
    }

    public BigDecimal total(Iterable<String> codes) {
        BigDecimal sum = BigDecimal.ZERO;
        for (String code : codes) {
            sum = sum.add(price(code).orElse(BigDecimal.ZERO));
        }
        return sum;
    }

    public int size() {
        return document.getDocumentElement().getElementsByTagName("item").getLength();
    }
}
