package com.acme.invoice;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

public class InvoiceParser {

    public record Line(String sku, int quantity, BigDecimal price) {
    }

    private final DocumentBuilderFactory factory;

    public InvoiceParser() {
        factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setExpandEntityReferences(true);
    }

    public BigDecimal total(InputStream upload) throws IOException, SAXException, ParserConfigurationException {
        DocumentBuilder builder = factory.newDocumentBuilder();
        Document document = builder.parse(upload);
        NodeList lines = document.getElementsByTagName("line");
        BigDecimal sum = BigDecimal.ZERO;
        for (int i = 0; i < lines.getLength(); i++) {
            Element e = (Element) lines.item(i);
            BigDecimal price = new BigDecimal(e.getAttribute("price"));
            sum = sum.add(price.multiply(new BigDecimal(e.getAttribute("quantity"))));
        }
        return sum;
    }
}
