package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

type order struct {
	ID     string `dynamodbav:"id" json:"id"`
	Status string `dynamodbav:"status" json:"status"`
	Cents  int64  `dynamodbav:"cents" json:"cents"`
}

type handler struct {
	db    *dynamodb.Client
	table string
}

func reply(code int, body any) (events.APIGatewayV2HTTPResponse, error) {
	raw, err := json.Marshal(body)
	if err != nil {
		return events.APIGatewayV2HTTPResponse{StatusCode: http.StatusInternalServerError}, nil
	}
	return events.APIGatewayV2HTTPResponse{
		StatusCode: code,
		Headers:    map[string]string{"Content-Type": "application/json"},
		Body:       string(raw),
	}, nil
}

func (h *handler) query(ctx context.Context, owner, status string) ([]order, error) {
	b := expression.NewBuilder().WithKeyCondition(expression.Key("owner").Equal(expression.Value(owner)))
	if status != "" {
		b = b.WithFilter(expression.Name("status").Equal(expression.Value(status)))
	}
	expr, err := b.Build()
	if err != nil {
		return nil, err
	}
	out, err := h.db.Query(ctx, &dynamodb.QueryInput{
		TableName:                 aws.String(h.table),
		KeyConditionExpression:    expr.KeyCondition(),
		FilterExpression:          expr.Filter(),
		ExpressionAttributeNames:  expr.Names(),
		ExpressionAttributeValues: expr.Values(),
		Limit:                     aws.Int32(100),
	})
	if err != nil {
		return nil, err
	}
	list := []order{}
	err = attributevalue.UnmarshalListOfMaps(out.Items, &list)
	return list, err
}

func (h *handler) handle(ctx context.Context, req events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	auth := req.RequestContext.Authorizer
	if auth == nil || auth.JWT == nil || auth.JWT.Claims["sub"] == "" {
		return reply(http.StatusUnauthorized, map[string]string{"error": "unauthorized"})
	}
	list, err := h.query(ctx, auth.JWT.Claims["sub"], req.QueryStringParameters["status"])
	if err != nil {
		slog.Error("query orders", "err", err)
		return reply(http.StatusInternalServerError, map[string]string{"error": "internal error"})
	}
	return reply(http.StatusOK, list)
}

func main() {
	cfg, err := config.LoadDefaultConfig(context.Background())
	if err != nil {
		slog.Error("aws config", "err", err)
		os.Exit(1)
	}
	h := &handler{db: dynamodb.NewFromConfig(cfg), table: os.Getenv("ORDERS_TABLE")}
	lambda.Start(h.handle)
}
