package com.acme.events;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.jsontype.impl.LaissezFaireSubTypeValidator;
import java.io.IOException;
import java.io.InputStream;
import javax.ws.rs.POST;
import javax.ws.rs.Path;
import javax.ws.rs.core.Response;

@Path("/events")
public class EventCodec {

    public static class Envelope {
        public String id;
        public Object payload;
    }

    private final ObjectMapper mapper;
    private final EventBus bus;

    public EventCodec(EventBus bus) {
        this.bus = bus;
        this.mapper = new ObjectMapper();
        mapper.activateDefaultTyping(LaissezFaireSubTypeValidator.instance,
                ObjectMapper.DefaultTyping.NON_FINAL, JsonTypeInfo.As.PROPERTY);
    }

    @POST
    public Response publish(InputStream body) {
        try {
            Envelope envelope = mapper.readValue(body, Envelope.class);
            bus.send(envelope.id, envelope.payload);
            return Response.accepted().build();
        } catch (IOException e) {
            return Response.status(Response.Status.BAD_REQUEST).build();
        }
    }
}
