package com.acme.b2b.web;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.servlet.http.HttpServletRequest;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

@RestController
public class C015PurchaseOrderEndpoint {

    private static final Logger log = LoggerFactory.getLogger(C015PurchaseOrderEndpoint.class);

    public static class Line {
        public String article;
        public String comment;
        public int quantity;
    }

    @PostMapping(value = "/b2b/orders", consumes = MediaType.APPLICATION_XML_VALUE)
    public ResponseEntity<List<Line>> receive(HttpServletRequest request) throws IOException {
        try {
            Document document = builder().parse(new InputSource(request.getInputStream()));
            List<Line> lines = lines(document.getDocumentElement());
            log.info("purchase order with {} lines", lines.size());
            return ResponseEntity.ok(lines);
        } catch (SAXException | NumberFormatException e) {
            return ResponseEntity.unprocessableEntity().build();
        } catch (ParserConfigurationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static DocumentBuilder builder() throws ParserConfigurationException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        factory.setIgnoringComments(true);
        return factory.newDocumentBuilder();
    }

    private static List<Line> lines(Element order) {
        List<Line> result = new ArrayList<>();
        NodeList nodes = order.getElementsByTagNameNS("*", "line");
        for (int i = 0; i < nodes.getLength(); i++) {
            Element element = (Element) nodes.item(i);
            Line line = new Line();
            line.article = element.getAttribute("article");
            line.quantity = Integer.parseInt(element.getAttribute("quantity"));
            line.comment = element.getTextContent().trim();
            result.add(line);
        }
        return result;
    }
}
