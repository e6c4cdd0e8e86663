package com.acme.feeds;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import org.dom4j.Document;
import org.dom4j.DocumentException;
import org.dom4j.Element;
import org.dom4j.io.SAXReader;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

@RestController
public class FeedReader {

    private Document read(String xml) throws DocumentException {
        SAXReader reader = new SAXReader();
        reader.setEncoding("UTF-8");
        return reader.read(new StringReader(xml));
    }

    @PostMapping(path = "/feeds/preview", consumes = "application/xml")
    public ResponseEntity<List<String>> preview(@RequestBody String xml) {
        try {
            List<String> titles = new ArrayList<>();
            for (Element item : read(xml).getRootElement().elements("item")) {
                titles.add(item.elementText("title"));
            }
            return ResponseEntity.ok(titles);
        } catch (DocumentException e) {
            return ResponseEntity.status(HttpStatus.UNPROCESSABLE_ENTITY).build();
        }
    }
}
